# shellcheck shell=bash
# JSON texts, written by bash alone: no quoting of a shell and no locale can alter an argument on its way.

# json_string TEXT: the text as a JSON string in ASCII, in $json. Fails if the text is not UTF-8.
json_string() {
    # Bytes, not characters.
    local LC_ALL=C text=$1 position byte code=0 rest=0
    json='"'
    for ((position = 0; position < ${#text}; position++)); do
        printf -v byte %d "'${text:position:1}"
        byte=$((byte & 255))
        if ((rest > 0)); then
            (((byte & 0xC0) == 0x80)) || return 1
            code=$((code << 6 | byte & 0x3F))
            rest=$((rest - 1))
        elif ((byte < 0x80)); then
            code=$byte
        elif ((byte >= 0xC2 && byte < 0xE0)); then
            code=$((byte & 0x1F)) rest=1
        elif ((byte >= 0xE0 && byte < 0xF0)); then
            code=$((byte & 0x0F)) rest=2
        elif ((byte >= 0xF0 && byte < 0xF5)); then
            code=$((byte & 0x07)) rest=3
        else
            return 1
        fi
        ((rest > 0)) || json_character "$code"
    done
    ((rest == 0)) || return 1
    json+='"'
}

# json_character CODE: appends one character to $json.
json_character() {
    local code=$1 piece
    if ((code >= 0x10000)); then
        code=$((code - 0x10000))
        printf -v piece '\\u%04x\\u%04x' $((0xD800 + (code >> 10))) $((0xDC00 + (code & 0x3FF)))
    elif ((code < 0x20 || code == 0x22 || code == 0x5C || code > 0x7E)); then
        printf -v piece '\\u%04x' "$code"
    else
        # shellcheck disable=SC2059 # the format is an octal escape that was made here
        printf -v piece "\\$(printf %03o "$code")"
    fi
    json+=$piece
}

# json_list TEXT...: the texts as a JSON list of strings, in $json_texts.
json_list() {
    local text json separator=''
    json_texts='['
    for text in "$@"; do
        json_string "$text" || return 1
        json_texts+=$separator$json
        separator=', '
    done
    json_texts+=']'
}
