# Completes the words of insights and of the programs beside it: insights says what can stand there.
_insights() {
    local word
    COMPREPLY=()
    while IFS=$'\t' read -r word _; do
        COMPREPLY+=("$word")
    done < <(insights completion-candidates "${COMP_WORDS[@]:0:COMP_CWORD}" "$2" 2>/dev/null)
}
# Where nothing is known, a file may stand.
complete -o bashdefault -o default -F _insights PROGRAMS
