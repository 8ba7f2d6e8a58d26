# fails: fetches_a_page_to_stdout
# finding: X
#
# Prints without end, and calls nobody.

exec yes
