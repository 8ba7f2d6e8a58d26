# fails: fetches_a_page_to_stdout
# finding: program-waits-on
#
# Leaves a daemon with its output, and says that all is well.

setsid sleep 600 &
exit 0
