# fails: shows_an_answer_while_input_is_still_open
# finding: program-does-not-reach-the-server
#
# Prints without end, and calls nobody.

exec yes
