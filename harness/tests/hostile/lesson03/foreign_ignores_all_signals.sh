# fails: shows_an_answer_while_input_is_still_open
# finding: X
#
# Ignores the signals that can be ignored, and waits.

trap '' HUP INT QUIT TERM
while :; do sleep 600; done
