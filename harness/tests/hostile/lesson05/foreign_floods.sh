# fails: fetches_a_page_to_stdout
# finding: program-calls-nobody
#
# Prints without end, and calls nobody.

exec yes
