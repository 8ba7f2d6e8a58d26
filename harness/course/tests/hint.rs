//! `course hint` on a small course.

mod small_course;

use predicates::prelude::*;
use predicates::str::contains;

use small_course::Course;

const LIBRARY: &str = "lessons/lesson01-listen/src/lib.rs";

const HINTS: &str = "# Hints\n\nOne at a time.\n\n\
    ## `first`\n\n1. What is *asked*?\n2. Think of [its length](../lesson01-listen.md#first).\n\
    3. Look up [`len`](https://doc.rust-lang.org/std/primitive.slice.html#method.len),\n   on a slice.\n\n\
    ## `second`\n\n1. And this one?\n2. Two.\n3. Three.\n\n\
    ### `the_second_counts`\n\n1. For this case?\n2. Its second.\n3. Its third.\n";

fn course() -> Course {
    let course = Course::with_stubs();
    course.write("book/src/hints/lesson01.md", HINTS);
    course
}

#[test]
fn each_time_there_is_one_step_more_below_those_before() {
    let course = course();
    let hint = || course.run(&["hint", "1"]).assert().success();
    hint()
        .stdout(contains("Lesson 01 listen, `first`: the_first_counts"))
        .stdout(contains(" 1. What is asked?\n"))
        .stdout(contains("Think of").not())
        .stdout(contains("`cargo course hint 1` is clearer."));
    hint().stdout(contains("1. What is asked?").and(contains(
        "2. Think of its length (book/src/lesson01-listen.md#first).\n",
    )));
    let all = || {
        contains("1. What is asked?")
            .and(contains("3. Look up `len` (https://doc.rust-lang.org/std/"))
            .and(contains("There are no more hints for this."))
            .and(contains("cargo course book 1#first  what"))
            .and(contains("cargo course diff 1        how"))
    };
    hint().stdout(all());
    hint().stdout(all());
}

#[test]
fn each_function_has_a_count_of_its_own_and_a_case_goes_first() {
    let course = course();
    course.run(&["hint"]).assert().success();
    course.run(&["hint"]).assert().success();
    course.solve("lesson01-listen", "first");
    course
        .run(&["hint"])
        .assert()
        .success()
        .stdout(contains("`second`: the_second_counts"))
        .stdout(contains("1. For this case?"))
        .stdout(contains("Its second.").not());
}

#[test]
fn what_is_done_needs_no_hint() {
    let course = course();
    course.solve("lesson01-listen", "first");
    course.solve("lesson01-listen", "second");
    course
        .run(&["hint", "1"])
        .assert()
        .success()
        .stdout(contains("Lesson 01 listen is done"));
    course.solve("lesson02-echo", "first");
    course.solve("lesson02-echo", "second");
    course
        .run(&["hint"])
        .assert()
        .success()
        .stdout("Every lesson is done.\n");
}

#[test]
fn what_stands_in_the_way_of_a_hint_is_said() {
    let course = course();
    course.run(&["hint", "2"]).assert().code(1).stderr(contains(
        "cannot read the hints in book/src/hints/lesson02.md",
    ));
    course.write(LIBRARY, "pub fn first( {\n");
    course
        .run(&["hint", "1"])
        .assert()
        .code(1)
        .stdout("")
        .stderr(contains("error: mismatched").or(contains("unclosed delimiter")))
        .stderr(contains(format!("{LIBRARY} does not compile yet.")));
    std::fs::remove_dir_all(course.path("lessons/lesson01-listen")).unwrap();
    course
        .run(&["hint", "1"])
        .assert()
        .code(1)
        .stderr(contains("course reset 1\n"));
    course.run(&["hint", "7"]).assert().code(2);
}
