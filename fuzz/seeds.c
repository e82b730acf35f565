/* SPDX-License-Identifier: MIT */
/* Writes the seeds of a target into a folder:
 *
 *   fuzz_seeds driver|device FOLDER
 */
#include "seeds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *folder;
static unsigned written;

void seed_add(struct seed *s, const uint8_t *from, size_t bytes)
{
    if (bytes > sizeof(s->at) - s->bytes) {
        (void)fputs("fuzz_seeds: a seed is too long\n", stderr);
        exit(1);
    }
    memcpy(s->at + s->bytes, from, bytes);
    s->bytes += bytes;
}

void seed_write(const struct seed *s, const char *name)
{
    char path[4096];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s-%u", folder, name, written++);
    file = fopen(path, "wb");
    if (!file || fwrite(s->at, 1, s->bytes, file) != s->bytes ||
        fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    if (argc != 3 ||
        (strcmp(argv[1], "driver") != 0 && strcmp(argv[1], "device") != 0)) {
        (void)fputs("usage: fuzz_seeds driver|device FOLDER\n", stderr);
        return 2;
    }
    folder = argv[2];
    if (strcmp(argv[1], "driver") == 0)
        seeds_driver();
    else
        seeds_device();
    return 0;
}
