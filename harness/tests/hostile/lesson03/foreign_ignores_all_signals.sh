# fails: shows_an_answer_while_input_is_still_open
# finding: program-does-not-reach-the-server
#
# Ignores the signals that can be ignored, and waits.

trap '' HUP INT QUIT TERM
while :; do sleep 600; done
