# Starts a server, and ends it when its user is gone.
#
# $1 is the executable, $2 the server's directory, the rest is for the server. Orders come on standard input, a line each; a line answers each.
# Standard input ends when the last process that holds its other end is gone, however that process died: then the
# server is killed and its directory removed. The server is a child of this shell, so that its process id
# cannot become another process's before this shell has waited for it.
#
# Nothing but the end of standard input may end this shell. Its group, in which are only it and the server, gets SIGHUP from the kernel
# when the user dies while the server is stopped; and an answer that nobody can read any more is SIGPIPE.
trap '' HUP INT TERM PIPE
executable=$1
directory=$2
shift 2
server=

while read -r order; do
    case $order in
    start)
        "$executable" "$directory/redis.conf" "$@" </dev/null >>"$directory/log" 2>&1 &
        server=$!
        echo "$server"
        ;;
    KILL)
        kill -s KILL "$server"
        wait "$server"
        server=
        echo killed
        ;;
    STOP | CONT)
        kill -s "$order" "$server"
        echo signalled
        ;;
    esac
done

if [ -n "$server" ]; then
    kill -s KILL "$server"
    wait "$server"
fi
rm -rf "$directory"
