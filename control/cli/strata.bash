# Bash completion for strata. Made by `strata completion bash`; not edited by hand.

# Names and ids come from the control plane; where there is none, nothing is offered.
_strata_names() {
    local where=() i
    for ((i = 1; i + 1 < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
            --api|--socket|--config) where+=("${COMP_WORDS[i]}" "${COMP_WORDS[i+1]}") ;;
        esac
    done
    local ask=("${COMP_WORDS[0]}" "${where[@]}" --no-headers --timeout 1)
    case $1 in
        participant) "${ask[@]}" participant list 2>/dev/null | awk '{print $1; print $2 "/" $3}' ;;
        *) "${ask[@]}" "$1" list 2>/dev/null | awk '{print $1}' ;;
    esac
}

_strata() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
    local words=() i kind= verbs= options=
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
            -o|-w|--api|--socket|--config|--output|--color|--timeout|--profile|--worker|--publish|--video-slots|--audio-slots|--pinned|--layers|--remote|--mtu|--room|--file|--json|--name|--codec|--payload-type|--rtx-payload-type|--red-payload-type|--clock-rate|--ssrc|--encoding|--extension|--mid|--dependency-descriptor|--participant|--rtx-ssrc|--track|--interval|--count|--write|--direction|--drop|--sample|--packets|--bytes|--seconds|--snaplen|--rights|--ttl|--subject|--key) ((i++)) ;;
            -*) ;;
            *) words+=("${COMP_WORDS[i]}") ;;
        esac
    done
    case $before in
        -o|--output) COMPREPLY=($(compgen -W 'table json' -- "$word")); return ;;
        --color) COMPREPLY=($(compgen -W 'auto always never' -- "$word")); return ;;
        --room) COMPREPLY=($(compgen -W "$(_strata_names room)" -- "$word")); return ;;
        --profile) COMPREPLY=($(compgen -W "$(_strata_names profile)" -- "$word")); return ;;
        --participant) COMPREPLY=($(compgen -W "$(_strata_names participant)" -- "$word")); return ;;
        --track) COMPREPLY=($(compgen -W "$(_strata_names track)" -- "$word")); return ;;
        --socket|--config|--file|--write|--key) COMPREPLY=($(compgen -f -- "$word")); return ;;
    esac
    case "${words[0]}" in
        room) verbs='create list show delete' ;;
        profile) verbs='list show set reset' ;;
        participant) verbs='add list show remove' ;;
        track) verbs='publish list show remove' ;;
        subscription) verbs='add list show set remove' ;;
        worker) verbs='list show turns' ;;
        port) verbs='list counters neighbours routes paths' ;;
        node) verbs='show' ;;
        token) verbs='create' ;;
        config) verbs='check show keys' ;;
        completion) verbs='bash' ;;
    esac
    case "${words[0]} ${words[1]}" in
        'room create') options='--profile --worker' ;;
        'profile set') options='--publish --video-slots --audio-slots --pinned --layers' ;;
        'participant add') options='--remote --mtu --worker' ;;
        'participant list') options='--room' ;;
        'participant show') options='--room' ;;
        'participant remove') options='--room' ;;
        'track publish') options='--file --json --name --codec --payload-type --rtx-payload-type --red-payload-type --clock-rate --ssrc --encoding --extension --mid --e2ee --dependency-descriptor --room' ;;
        'track list') options='--participant --room' ;;
        'track show') options='--room' ;;
        'track remove') options='--room' ;;
        'subscription add') options='--layers --ssrc --payload-type --rtx-ssrc --rtx-payload-type --red-payload-type --extension --room' ;;
        'subscription list') options='--participant --track --room' ;;
        'subscription set') options='--layers' ;;
        'port counters') options='--all' ;;
        'drops '*) options='--all' ;;
        'stats '*) options='--watch --interval --count' ;;
        'capture '*) options='--write --room --participant --track --direction --drop --sample --packets --bytes --seconds --payload --snaplen' ;;
        'trace '*) options='--room --participant --track --drop --sample --packets --seconds' ;;
        'token create') options='--room --rights --ttl --subject --key' ;;
        'config show') options='--defaults' ;;
    esac
    if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W "$options --api --socket --config --output --no-headers --color --timeout --help" -- "$word"))
    elif ((${#words[@]} == 0)); then
        COMPREPLY=($(compgen -W 'room profile participant track subscription worker port drops stats capture trace health node topology token config completion version' -- "$word"))
    elif ((${#words[@]} == 1)) && [[ -n $verbs ]]; then
        COMPREPLY=($(compgen -W "$verbs" -- "$word"))
    else
        case "${words[0]} ${words[1]} ${#words[@]}" in
            'room show 2') kind=room ;;
            'room delete 2') kind=room ;;
            'profile show 2') kind=profile ;;
            'profile set 2') kind=profile ;;
            'profile reset 2') kind=profile ;;
            'participant add 2') kind=room ;;
            'participant list 2') kind=room ;;
            'participant show 2') kind=participant ;;
            'participant remove 2') kind=participant ;;
            'track publish 2') kind=participant ;;
            'track list 2') kind=room ;;
            'track show 2') kind=track ;;
            'track remove 2') kind=track ;;
            'subscription add 2') kind=participant ;;
            'subscription add 3') kind=track ;;
            'subscription list 2') kind=room ;;
            'subscription show 2') kind=subscription ;;
            'subscription set 2') kind=subscription ;;
            'subscription remove 2') kind=subscription ;;
            'config check 2') kind=file ;;
            'config show 2') kind=file ;;
        esac
        case $kind in
            '') ;;
            file) COMPREPLY=($(compgen -f -- "$word")) ;;
            *) COMPREPLY=($(compgen -W "$(_strata_names "$kind")" -- "$word")) ;;
        esac
    fi
}
complete -o filenames -F _strata strata
