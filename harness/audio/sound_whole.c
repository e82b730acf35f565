/* SPDX-License-Identifier: MIT
 *
 * sound_whole.c: see sound_whole.h.
 *
 * Each kind of file says in its own way how long it is. What a writer into a
 * pipe says, who does not know yet, is no promise.
 */
#include "sound_whole.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define HEAD_BYTES 40u
#define RIFF_CHUNKS_MAX 1000u
#define OGG_HEAD_BYTES 27u
#define OGG_PAGE_BYTES_MAX (OGG_HEAD_BYTES + 255u + 255u * 255u)
#define OGG_LAST_PAGE 4u
#define ID3_BYTES 10u
#define ID3_HAS_FOOTER 0x10u
#define NO_PROMISE UINT64_C(0)

struct file {
    FILE *stream;
    uint64_t bytes; /* its size */
    uint8_t head[HEAD_BYTES];
};

/* Whether there are n bytes at this place. */
static bool look(const struct file *f, uint64_t at, void *to, size_t n)
{
    return at <= f->bytes && n <= f->bytes - at &&
           fseeko(f->stream, (off_t)at, SEEK_SET) == 0 &&
           fread(to, 1, n, f->stream) == n;
}

static uint32_t le32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
           (uint32_t)p[3] << 24;
}

static uint64_t le64(const uint8_t *p)
{
    return le32(p) | (uint64_t)le32(p + 4) << 32;
}

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
           p[3];
}

static bool tagged(const uint8_t *p, const char *tag)
{
    return memcmp(p, tag, 4) == 0;
}

/* What writers into pipes put where a size belongs: nothing, or about the
 * most that fits, with sign or without. */
static bool is_open_end(uint32_t bytes)
{
    return bytes == 0 || bytes >= UINT32_MAX - 256 ||
           (bytes >= INT32_MAX - 4096u && bytes <= INT32_MAX + 1u);
}

/* ---- how long the file has to be, or NO_PROMISE ---- */

/* WAV: to the end of the samples. What comes behind them may be missing, and
 * so may the byte that makes them even. */
static uint64_t riff(const struct file *f)
{
    bool wide = tagged(f->head, "RF64") && tagged(f->head + 12, "ds64");
    uint64_t at = 12;
    uint8_t chunk[8];

    for (unsigned k = 0; k < RIFF_CHUNKS_MAX && look(f, at, chunk, 8); k++) {
        uint32_t bytes = le32(chunk + 4);

        if (!tagged(chunk, "data"))
            at += 8 + (uint64_t)bytes + (bytes & 1);
        else if (wide && bytes == UINT32_MAX)
            return le64(f->head + 28) ? at + 8 + le64(f->head + 28)
                                      : NO_PROMISE;
        else
            return is_open_end(bytes) ? NO_PROMISE : at + 8 + bytes;
    }
    return NO_PROMISE;
}

static uint64_t aiff(const struct file *f)
{
    uint32_t bytes = be32(f->head + 4);

    /* Even, and not everybody writes the byte that makes it so. */
    return is_open_end(bytes) ? NO_PROMISE : UINT64_C(8) + bytes - 1;
}

static uint64_t w64(const struct file *f)
{
    uint64_t bytes = le64(f->head + 16); /* behind a GUID */

    return bytes < INT64_MAX ? bytes : NO_PROMISE;
}

static uint64_t au(const struct file *f)
{
    bool big = tagged(f->head, ".snd");
    uint32_t at = big ? be32(f->head + 4) : le32(f->head + 4);
    uint32_t bytes = big ? be32(f->head + 8) : le32(f->head + 8);

    return is_open_end(bytes) ? NO_PROMISE : (uint64_t)at + bytes;
}

/* Where the first frame of an MP3 is: behind a tag, maybe. */
static uint64_t mp3_begin(const struct file *f)
{
    const uint8_t *h = f->head;
    uint64_t tag;

    if (memcmp(h, "ID3", 3) != 0)
        return 0;
    tag = (uint64_t)(h[6] & 0x7f) << 21 | (uint64_t)(h[7] & 0x7f) << 14 |
          (uint64_t)(h[8] & 0x7f) << 7 | (uint64_t)(h[9] & 0x7f);
    return ID3_BYTES + tag + (h[5] & ID3_HAS_FOOTER ? ID3_BYTES : 0);
}

/* An MP3 says it, if at all, in a first frame without sound: "Xing" or "Info",
 * flags, the number of frames, the number of bytes. */
static uint64_t mp3(const struct file *f)
{
    uint64_t at = mp3_begin(f);
    uint8_t frame[4 + 32 + 16];
    const uint8_t *xing;
    bool first, mono; /* MPEG 1, not 2 */
    uint32_t flags, bytes;

    if (!look(f, at, frame, sizeof(frame)) || frame[0] != 0xff ||
        (frame[1] & 0xe6) != 0xe2) /* a frame of layer III */
        return NO_PROMISE;
    first = (frame[1] & 0x18) == 0x18;
    mono = frame[3] >> 6 == 3;
    xing = frame + 4 + (first ? (mono ? 17 : 32) : mono ? 9 : 17);
    if (!tagged(xing, "Xing") && !tagged(xing, "Info"))
        return NO_PROMISE;
    flags = be32(xing + 4);
    bytes = flags & 2 ? be32(xing + (flags & 1 ? 12 : 8)) : 0;
    return bytes ? at + bytes : NO_PROMISE;
}

static uint64_t promised(const struct file *f)
{
    if (tagged(f->head, "RIFF") || tagged(f->head, "RF64"))
        return riff(f);
    if (tagged(f->head, "FORM"))
        return aiff(f);
    if (tagged(f->head, "riff"))
        return w64(f);
    if (tagged(f->head, ".snd") || tagged(f->head, "dns."))
        return au(f);
    return mp3(f);
}

/* ---- Ogg: pages, and the last one says that it is the last ---- */

static bool ogg_ends(const struct file *f)
{
    uint8_t tail[OGG_PAGE_BYTES_MAX];
    size_t n = f->bytes < sizeof(tail) ? (size_t)f->bytes : sizeof(tail);
    size_t at = n - 3, bytes;

    if (!look(f, f->bytes - n, tail, n))
        return true; /* libsndfile will say what is wrong */
    while (at-- > 0)
        if (tagged(tail + at, "OggS"))
            break;
    if (at == SIZE_MAX)
        return true;
    if (n - at < OGG_HEAD_BYTES || n - at < OGG_HEAD_BYTES + tail[at + 26])
        return false;
    bytes = OGG_HEAD_BYTES + tail[at + 26];
    for (size_t k = 0; k < tail[at + 26]; k++)
        bytes += tail[at + OGG_HEAD_BYTES + k];
    return n - at >= bytes && tail[at + 5] & OGG_LAST_PAGE;
}

/* ---- */

static int check(const struct file *f, char *why, size_t room)
{
    uint64_t bytes;

    if (tagged(f->head, "OggS")) {
        if (ogg_ends(f))
            return 1;
        snprintf(why, room, "is cut off: the last page is missing");
        return -1;
    }
    bytes = promised(f);
    if (f->bytes >= bytes)
        return bytes != NO_PROMISE;
    snprintf(why, room, "is cut off: %llu bytes, the header promises %llu",
             (unsigned long long)f->bytes, (unsigned long long)bytes);
    return -1;
}

int rig_sound_whole(const char *path, char *why, size_t room)
{
    struct file f = {.stream = fopen(path, "rb")};
    off_t end;
    int result = 0;

    if (!f.stream || fseeko(f.stream, 0, SEEK_END) ||
        (end = ftello(f.stream)) < 0) {
        snprintf(why, room, "%s", strerror(errno));
        result = -1;
    } else {
        f.bytes = (uint64_t)end;
        if (look(&f, 0, f.head, sizeof(f.head)))
            result = check(&f, why, room);
    }
    if (f.stream)
        fclose(f.stream);
    return result;
}
