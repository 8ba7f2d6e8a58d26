# fails: shows_an_answer_while_input_is_still_open
# finding: program-does-not-reach-the-server
#
# Ends at once, with success.

exit 0
