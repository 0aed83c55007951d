#compdef PROGRAMS
# Completes the words of insights and of the programs beside it: insights says what can stand there.
_insights() {
    local line
    local -a candidates
    for line in "${(@f)$(insights completion-candidates "${(@)words[1,CURRENT-1]}" "$PREFIX" 2>/dev/null)}"; do
        [[ -z $line ]] || candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    done
    # Where nothing is known, a file may stand.
    if (( $#candidates )); then
        _describe candidate candidates
    else
        _files
    fi
}
if [[ $funcstack[1] == _insights ]]; then
    _insights "$@"
else
    compdef _insights PROGRAMS
fi
