//! The learner's files, watched.

use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::mpsc::Sender;

use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};

use super::event::Event;
use crate::course::Lesson;
use crate::progress;

/// Watches lessons/, also while it is not there.
pub struct Files {
    watcher: RecommendedWatcher,
    lessons: PathBuf,
}

impl Files {
    /// Starts to watch; what is touched comes as events.
    ///
    /// # Errors
    ///
    /// The system cannot watch the folder.
    pub fn watch(root: &Path, events: Sender<Event>) -> io::Result<Files> {
        // As the system names it in what it tells.
        let root = root.canonicalize()?;
        let lessons = root.join("lessons");
        let here = lessons.clone();
        let tell = move |told: notify::Result<notify::Event>| {
            // Without a path something was missed, and anything may have been touched.
            let touched = match told {
                Ok(told) if is_no_change(told.kind) => return,
                Ok(told) if told.need_rescan() => vec![here.clone()],
                Ok(told) => told.paths,
                Err(_) => vec![here.clone()],
            };
            let touched: Vec<_> = touched
                .iter()
                .filter_map(|path| path.strip_prefix(&here).ok())
                .filter(|path| is_source(path))
                .map(Path::to_owned)
                .collect();
            if !touched.is_empty() {
                _ = events.send(Event::Touched(touched));
            }
        };
        let watcher = notify::recommended_watcher(tell).map_err(io::Error::other)?;
        let mut files = Files { watcher, lessons };
        // For lessons/ itself, which may come and go.
        let watched = files.watcher.watch(&root, RecursiveMode::NonRecursive);
        watched.map_err(io::Error::other)?;
        files.watch_lessons();
        Ok(files)
    }

    /// Watches lessons/ if it is there: to be said again when it is there anew.
    pub fn watch_lessons(&mut self) {
        _ = self.watcher.watch(&self.lessons, RecursiveMode::Recursive);
    }
}

fn is_no_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => false,
        EventKind::Access(_) => true,
        _ => false,
    }
}

/// Whether a change at `path`, in lessons/, may be one of what is graded.
fn is_source(path: &Path) -> bool {
    path.components().all(|component| match component {
        Component::Normal(name) => !progress::is_no_source(&name.to_string_lossy()),
        _ => true,
    })
}

/// Which of `lessons` the change at `path`, in lessons/, is about: all of them if it is about lessons/ itself.
pub fn touched<'a>(path: &Path, lessons: &'a [Lesson]) -> Box<dyn Iterator<Item = usize> + 'a> {
    let Some(folder) = path.components().next() else {
        return Box::new(0..lessons.len());
    };
    let folder = folder.as_os_str().to_owned();
    Box::new(
        lessons
            .iter()
            .enumerate()
            .filter(move |(_, lesson)| *lesson.folder() == *folder)
            .map(|(number, _)| number),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_editors_and_cargo_leave_is_no_source() {
        for path in [
            "lesson01-listen/src/.lib.rs.swp",
            "lesson01-listen/src/lib.rs~",
            "lesson01-listen/src/4913",
            "lesson01-listen/src/#lib.rs#",
            "lesson01-listen/src/lib.rs.kept-2",
            "lesson01-listen/target/debug/lesson01.d",
        ] {
            assert!(!is_source(Path::new(path)), "{path}");
        }
        for path in ["", "lesson01-listen", "lesson01-listen/src/lib.rs"] {
            assert!(is_source(Path::new(path)), "{path}");
        }
    }

    #[test]
    fn a_path_is_of_the_lesson_whose_folder_it_is_in() {
        let lesson = |number, name: &str| Lesson {
            number,
            name: name.to_owned(),
        };
        let lessons = [lesson(1, "listen"), lesson(2, "echo")];
        let of = |path| touched(Path::new(path), &lessons).collect::<Vec<_>>();
        assert_eq!(of("lesson02-echo/src/lib.rs"), [1]);
        assert_eq!(of("lesson01-listen"), [0]);
        assert!(of("lesson03-client/src/lib.rs").is_empty());
        assert_eq!(of(""), [0, 1]);
    }
}
