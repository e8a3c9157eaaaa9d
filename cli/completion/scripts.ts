/** What each shell loads once. It asks the program that is being typed (`kaniko-lab`, `klab`, a path of it) at each Tab. */

export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

/** Bash takes words apart at `:` and `=`: what stands before them on the line is left out of the replies. */
const bash = `# kaniko-lab: completion for bash
_kaniko_lab() {
  local line=\${COMP_LINE:0:COMP_POINT} words current before value rest own=none
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  current=\${words[\${#words[@]} - 1]}
  before=
  [[ $current == *[:=]* && $COMP_WORDBREAKS == *:* ]] && before=\${current%"\${current##*[:=]}"}
  COMPREPLY=()
  while IFS=$'\\t' read -r value rest; do
    case $value in
      :*) own=\${value#:} ;;
      *) COMPREPLY+=("\${value#"$before"}") ;;
    esac
  done < <("\${words[0]/#\\~/$HOME}" __complete -- "\${words[@]:1}" 2>/dev/null)
  local kind=
  [[ $own == files ]] && kind=-f
  [[ $own == folders ]] && kind=-d
  if [[ $kind ]]; then
    while IFS= read -r value; do
      printf -v rest %q "$value"
      [[ -d $value ]] && rest+=/
      COMPREPLY+=("$rest")
    done < <(compgen "$kind" -- "\${current#"$before"}")
  fi
  [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *[:/] ]] && compopt -o nospace 2>/dev/null
}
complete -F _kaniko_lab kaniko-lab klab
`;

const zsh = `#compdef kaniko-lab klab
# kaniko-lab: completion for zsh
_kaniko_lab() {
  local -a found
  local line own=none
  for line in "\${(@f)$("\${(Q)words[1]}" __complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      :*) own=\${line#:} ;;
      *$'\\t'?*) found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}") ;;
      ?*) found+=("\${\${line%%$'\\t'*}//:/\\\\:}") ;;
    esac
  done
  local -i answer=1
  (( \${#found} )) && _describe -V kaniko-lab found && answer=0
  case $own in
    files) _files && answer=0 ;;
    folders) _files -/ && answer=0 ;;
  esac
  return answer
}
if [[ $funcstack[1] == _kaniko_lab ]]; then
  _kaniko_lab "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
  compdef _kaniko_lab kaniko-lab klab
fi
`;

const fish = `# kaniko-lab: completion for fish
function __kaniko_lab_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -l program $words[1]
  set -l found ($program __complete -- $words[2..-1] $current 2>/dev/null)
  for line in $found
    switch $line
      case ':files'
        __fish_complete_path $current
      case ':folders'
        __fish_complete_directories $current
      case ':*'
      case '*'
        echo $line
    end
  end
end
complete -c kaniko-lab -f -k -a '(__kaniko_lab_complete)'
complete -c klab -f -k -a '(__kaniko_lab_complete)'
`;

export const completionScripts: Readonly<Record<Shell, string>> = { bash, zsh, fish };
