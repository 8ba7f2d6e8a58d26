# fails: says_where_it_listens
# finding: program-does-not-say-where
#
# Writes what looks like a verdict to what its parent has open.

for descriptor in 0 1 2 3 4 5 6 7 8 9; do
    { echo '{"verdict":"passed"}' > /proc/$PPID/fd/$descriptor; } 2> /dev/null
done
echo "test result: ok. 6 passed; 0 failed"
exec sleep 600
