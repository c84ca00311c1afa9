# fish completion for dcam-crc. To try it: source completions/fish/dcam-crc.fish
complete -c dcam-crc -s h -l help -d 'print the help'
complete -c dcam-crc -l version -d 'print version and libraries'
complete -c dcam-crc -l init -x -d 'CRC to go on from'
complete -c dcam-crc -s c -l check -d 'FILE is a list of checksums to compare with'
complete -c dcam-crc -l dump -d 'FILE is captured traffic'
complete -c dcam-crc -l port -x -d 'only connections with this TCP port'
complete -c dcam-crc -s x -l extract -x -a '(__fish_complete_directories)' -d 'write the transferred files to a folder'
complete -c dcam-crc -l map -d "draw each transfer's packets"
complete -c dcam-crc -s q -l quiet -d 'no notes, only errors'
complete -c dcam-crc -s v -l verbose -d 'more notes'
complete -c dcam-crc -l json -d 'JSON Lines on standard output'
complete -c dcam-crc -l progress -x -a 'auto always never' -d 'progress line'
complete -c dcam-crc -l color -x -a 'auto always never' -d 'colour'
