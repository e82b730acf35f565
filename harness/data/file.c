/* SPDX-License-Identifier: MIT */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES_MAX ((size_t)16 << 20)

static char *read_stream(FILE *f, size_t *bytes)
{
    char *text = NULL;
    size_t room = 0;

    *bytes = 0;
    for (;;) {
        size_t got;

        if (room - *bytes < 2) {
            char *more;

            room = room ? 2 * room : 8192;
            more = realloc(text, room);
            if (!more)
                break;
            text = more;
        }
        got = fread(text + *bytes, 1, room - *bytes - 1, f);
        *bytes += got;
        if (got == 0 || *bytes > FILE_BYTES_MAX)
            break;
    }
    if (text)
        text[*bytes] = '\0';
    return text;
}

char *rig_file_read(const char *path, char *err, size_t room)
{
    struct stat st;
    size_t bytes;
    char *text;
    FILE *f = fopen(path, "rb");

    if (!f) {
        snprintf(err, room, "%s: %s", path, strerror(errno));
        return NULL;
    }
    if (fstat(fileno(f), &st) || !S_ISREG(st.st_mode)) {
        snprintf(err, room, "%s: not a regular file", path);
        fclose(f);
        return NULL;
    }
    text = read_stream(f, &bytes);
    if (!text || ferror(f))
        snprintf(err, room, "%s: cannot be read", path);
    else if (bytes > FILE_BYTES_MAX)
        snprintf(err, room, "%s: larger than 16 MiB", path);
    else if (strlen(text) != bytes)
        snprintf(err, room, "%s: a NUL byte, expected text", path);
    else {
        fclose(f);
        return text;
    }
    fclose(f);
    free(text);
    return NULL;
}

/* Where a path leads in the end: renaming must not replace a symbolic link.
 * A target that does not exist yet is its own. */
static char *final_path(const char *path)
{
    char *real = realpath(path, NULL);

    return real ? real : strdup(path);
}

static FILE *open_in_place(struct rig_out *out)
{
    return fopen(out->target, "w");
}

/* mkstemp makes files that only their owner can read; reports are files like
 * any other. An existing report keeps its mode. */
static void set_mode(int fd, const struct stat *old)
{
    mode_t mask = umask(0);

    umask(mask);
    if (fchmod(fd, old ? old->st_mode & 07777 : 0666 & ~mask)) {
        /* the file is only less accessible than it could be */
    }
}

/* In the folder of the target. /proc is how it gets a name later. */
static int open_nameless(struct rig_out *out)
{
    const char *slash = strrchr(out->target, '/');
    char *folder = slash
                       ? strndup(out->target, (size_t)(slash - out->target) + 1)
                       : strdup(".");
    int fd = -1;

#ifdef O_TMPFILE
    if (folder && access("/proc/self/fd", X_OK) == 0)
        fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
#endif
    free(folder);
    out->nameless = fd >= 0;
    return fd;
}

static char *name_beside(const struct rig_out *out)
{
    size_t room = strlen(out->target) + sizeof(".XXXXXX");
    char *name = malloc(room);

    if (name)
        snprintf(name, room, "%s.XXXXXX", out->target);
    return name;
}

static int open_beside(struct rig_out *out)
{
    int fd;

    out->temp = name_beside(out);
    fd = out->temp ? mkstemp(out->temp) : -1;
    if (fd < 0) {
        free(out->temp);
        out->temp = NULL;
    }
    return fd;
}

static FILE *open_hidden(struct rig_out *out, const struct stat *old)
{
    int fd = open_nameless(out);
    FILE *f;

    if (fd < 0)
        fd = open_beside(out);
    if (fd < 0)
        return NULL;
    set_mode(fd, old);
    f = fdopen(fd, "w");
    if (!f)
        close(fd);
    return f;
}

/* A link does not replace a file, a renaming does: a target that is there
 * already takes both. */
static int give_name(struct rig_out *out)
{
    char self[64];
    int fd;

    snprintf(self, sizeof(self), "/proc/self/fd/%d", fileno(out->stream));
    if (linkat(AT_FDCWD, self, AT_FDCWD, out->target, AT_SYMLINK_FOLLOW) == 0)
        return 0;
    if (errno != EEXIST)
        return -1;
    /* mkstemp finds a name that is free. */
    fd = open_beside(out);
    if (fd < 0)
        return -1;
    close(fd);
    if (unlink(out->temp) == 0 &&
        linkat(AT_FDCWD, self, AT_FDCWD, out->temp, AT_SYMLINK_FOLLOW) == 0)
        return 0;
    free(out->temp);
    out->temp = NULL;
    return -1;
}

int rig_out_open(struct rig_out *out, const char *path, char *err, size_t room)
{
    struct stat st;
    int exists;

    memset(out, 0, sizeof(*out));
    out->target = final_path(path);
    exists = out->target && stat(out->target, &st) == 0;
    if (!out->target)
        ;
    else if (exists && S_ISDIR(st.st_mode))
        errno = EISDIR;
    else if (exists && !S_ISREG(st.st_mode))
        out->stream = open_in_place(out);
    else if (exists && access(out->target, W_OK))
        ; /* rename would get around the owner's wish */
    else
        out->stream = open_hidden(out, exists ? &st : NULL);
    if (!out->stream) {
        snprintf(err, room, "'%s': %s", path, strerror(errno));
        rig_out_abandon(out);
        return -1;
    }
    return 0;
}

int rig_out_commit(struct rig_out *out, char *err, size_t room)
{
    int bad = fflush(out->stream) || ferror(out->stream);

    if (!bad && out->nameless && give_name(out))
        bad = 1;
    if (fclose(out->stream))
        bad = 1;
    out->stream = NULL;
    if (!bad && out->temp && rename(out->temp, out->target))
        bad = 1;
    if (bad)
        snprintf(err, room, "'%s': %s", out->target, strerror(errno));
    else {
        free(out->temp);
        out->temp = NULL;
    }
    rig_out_abandon(out);
    return bad ? -1 : 0;
}

void rig_out_abandon(struct rig_out *out)
{
    if (out->stream)
        fclose(out->stream);
    if (out->temp)
        unlink(out->temp);
    free(out->temp);
    free(out->target);
    memset(out, 0, sizeof(*out));
}
