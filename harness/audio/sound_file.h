/* SPDX-License-Identifier: MIT
 *
 * sound_file.h: a sound file to read from, whatever libsndfile knows (WAV,
 * FLAC, Ogg, ...), as frames in a format of the wire. Or a file without any
 * header, as bytes of such a format.
 */
#ifndef RIG_SOUND_FILE_H
#define RIG_SOUND_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct rig_sound_file {
    void *snd;  /* of libsndfile, or NULL: */
    FILE *raw;  /* no header */
    char *path; /* as given */
    uint32_t rate_hz;
    uint8_t channels;
    uint8_t format;  /* VIRTIO_SND_PCM_FMT_* that holds it without loss */
    uint64_t frames; /* UINT64_MAX: not known */
    bool guessed;    /* an MP3 that does not say how long it is */
    uint64_t at;     /* frames read */
    double *samples; /* scratch */
    bool law;        /* its bytes are those of the wire's `format` */
};

/* Returns 0, or -1 and one line in err, which begins with the path: missing,
 * empty, cut off, no sound. */
int rig_sound_open(struct rig_sound_file *f, const char *path, char *err,
                   size_t room);

/* The same for a file of nothing but frames. */
int rig_sound_open_raw(struct rig_sound_file *f, const char *path,
                       uint8_t format, uint32_t rate_hz, uint8_t channels,
                       char *err, size_t room);

/* Reads up to `bytes`, a whole number of frames (raw: any), in `format`; raw:
 * as they are. Returns the number of bytes, 0 at the end; or -1 and one line
 * in err: it ends too early, or cannot be read. */
long rig_sound_read(struct rig_sound_file *f, uint8_t format, void *wire,
                    size_t bytes, char *err, size_t room);

void rig_sound_close(struct rig_sound_file *f);

#endif
