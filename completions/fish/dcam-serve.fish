# Of the cameras that the output folder has files or records of.
function __dcam_serve_imeis
    set -l folder .
    set -l words (commandline -opc)
    for i in (seq 2 (count $words))
        switch $words[$i]
            case -o --output
                test $i -lt (count $words); and set folder $words[(math $i + 1)]
            case '--output=*'
                set folder (string replace -- --output= '' $words[$i])
        end
    end
    set folder (string replace -r '^~' $HOME -- $folder)
    set -l names
    for path in $folder/* $folder/.dcam-serve/*
        test -d $path; and set -a names (string match -r '[0-9]{15}$' -- $path)
    end
    set -q names[1]; and __fish_append , (printf '%s\n' $names | sort -u)
end

complete -c dcam-serve -f
complete -c dcam-serve -s h -l help -d 'Print the options'
complete -c dcam-serve -l version -d 'Print version and libraries'
complete -c dcam-serve -s p -l port -x -d 'TCP port'
complete -c dcam-serve -s b -l bind -x -d 'Address to listen on'
complete -c dcam-serve -s o -l output -x -a '(__fish_complete_directories)' -d 'Folder that files go to'
complete -c dcam-serve -l name -x -d 'Name below the output folder'
complete -c dcam-serve -s s -l source -x -a '(__fish_append , photof photor videof videor photo video front rear adas dsm dashcam path all)' -d 'What to fetch'
complete -c dcam-serve -s i -l imei -x -a '(__dcam_serve_imeis)' -d 'Only these devices'
complete -c dcam-serve -s k -l keep-listening -d 'Serve any number of cameras'
complete -c dcam-serve -s c -l count -x -d 'Stop after N files'
complete -c dcam-serve -s w -l wait -x -d 'Give up if no camera comes in that time'
complete -c dcam-serve -l idle-timeout -x -d 'Drop a connection that makes no progress'
complete -c dcam-serve -l no-metadata -d 'Do not ask for metadata'
complete -c dcam-serve -l camera -x -a 'auto dualcam adas dsm dashcam' -d 'Hide all other families'
complete -c dcam-serve -l if-exists -x -a 'number skip fail replace' -d 'A taken name'
complete -c dcam-serve -l exec -x -a '(__fish_complete_command)' -d 'Run a command for each file'
complete -c dcam-serve -l capture -r -F -d 'Also write the traffic as a pcap'
complete -c dcam-serve -l metrics -r -F -d 'Figures for Prometheus'
complete -c dcam-serve -l tls-cert -r -F -d 'TLS, with this certificate'
complete -c dcam-serve -l tls-key -r -F -d 'Its private key'
complete -c dcam-serve -l tls-client-ca -r -F -d 'Who signs the certificates of cameras'
complete -c dcam-serve -l proxy-protocol -d 'Connections come through a balancer'
complete -c dcam-serve -l max-connections -x -d 'Connections at once'
complete -c dcam-serve -l max-file-size -x -d 'Refuse larger files'
complete -c dcam-serve -l min-free -x -d 'Leave so much room on the disk'
complete -c dcam-serve -l max-partial-age -x -d 'Remove parts that have not grown in that time'
complete -c dcam-serve -l log-time -x -a 'auto always never' -d 'Time before each line of standard error'
complete -c dcam-serve -l check-config -d 'Look at the options and their files, and end'
complete -c dcam-serve -l config -r -F -d 'Options from a file'
complete -c dcam-serve -s n -l dry-run -d 'Print where files would go'
complete -c dcam-serve -l print0 -d 'A NUL after each path'
complete -c dcam-serve -s q -l quiet -d 'No notes, only errors'
complete -c dcam-serve -s v -l verbose -d 'More notes'
complete -c dcam-serve -l json -d 'JSON Lines on standard output'
complete -c dcam-serve -l progress -x -a 'auto always never' -d 'Progress line'
complete -c dcam-serve -l color -x -a 'auto always never' -d 'Colour'
