/*
 * file.h - files as durable things: whole, atomic, locked.
 *
 * Nothing here knows Lua.  Every failure sets *e from errno: "exists",
 * "denied", "none" (ERR_NONE: no such file or folder), "busy" or "io".
 */
#ifndef ENGINE_OS_FILE_H
#define ENGINE_OS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"

/* Sets *e to "what path: reason" from errno; always false. */
bool os_fail(struct err *e, const char *what, const char *path);

/* Makes a folder and its parents; one that is there already is success. */
bool file_mkdirs(const char *path, unsigned mode, struct err *e);

/* Appends at most max bytes from the start of the file to out.  With `regular`,
 * a pipe or device is refused, as it could let us wait. */
bool file_read(const char *path, size_t max, bool regular, struct buf *out,
               struct err *e);

/* Appends the names in a folder, each with its NUL, unsorted; *n of them. */
bool file_list(const char *path, struct buf *out, size_t *n, struct err *e);

/* A whole new content or the old one, whatever happens in between.  Follows a
 * symlink at path.  mode -1 keeps the mode of what is there, or is 0600.  A
 * file with more hard links than one keeps them: it is written in place, once
 * a copy beside it has shown that the disk takes it.  What that costs: who
 * reads meanwhile, and who looks after a crash just then, may see half. */
bool file_replace(const char *path, const char *bytes, size_t n, int mode,
                  struct err *e);

/* A new name is only on disk when its folder is.  Some file systems cannot
 * sync a folder; they have nothing to lose then. */
void file_sync_folder(const char *path);

/* One write at the end; refuses a symlink.  sync waits for the disk and holds
 * a shared flock meanwhile: who wants the file for itself renames it, then
 * takes file_lock, and from then on nobody writes to it.
 * Returns where the bytes end in the file, or -1. */
int64_t file_append(const char *path, const char *bytes, size_t n,
                    unsigned mode, bool sync, struct err *e);

/* Makes a file that must not be there yet, on disk when this returns. */
bool file_create(const char *path, const char *bytes, size_t n, unsigned mode,
                 struct err *e);

/* Takes an exclusive flock within wait_ms; *fd holds it until closed. */
bool file_lock(const char *path, long wait_ms, int *fd, struct err *e);

#endif
