# Completes the words of insights and of the programs beside it: insights says what can stand there.
function __insights_candidates
    set -l word (commandline --current-token --cut-at-cursor)
    set -l candidates (insights completion-candidates (commandline --current-process --tokenize --cut-at-cursor) "$word" 2>/dev/null)
    # Where nothing is known, a file may stand.
    if test (count $candidates) -gt 0
        printf '%s\n' $candidates
    else
        __fish_complete_path "$word"
    end
end
