/* SPDX-License-Identifier: MIT */
/* Runs a fuzz target over files, without libFuzzer: a corpus as a regression
 * test, and one input that failed.
 *
 *   fuzz_driver_replay [-v] FILE-OR-FOLDER...
 *
 * -v says what each move did. Each input is run twice: equal inputs are equal
 * runs. Exit code 0: all ran; 2: there was no input, or one that cannot be
 * read. */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "input.h"
#include "law.h"

#define INPUT_BYTES_MAX (1u << 20)

static unsigned runs;

/* A buffer of the input's own length: what reads past it is found. */
static void run(const char *path, const uint8_t *data, size_t bytes)
{
    uint8_t *copy = malloc(bytes > 0 ? bytes : 1);
    uint64_t first, second;

    FUZZ_LAW(copy, "out of memory");
    memcpy(copy, data, bytes);
    first = fuzz_run(copy, bytes);
    second = fuzz_run(copy, bytes);
    free(copy);
    FUZZ_LAW(first == second, "%s: two runs differ: %" PRIx64 " %" PRIx64, path,
             first, second);
    runs++;
}

static int replay_file(const char *path)
{
    static uint8_t data[INPUT_BYTES_MAX];
    FILE *file = fopen(path, "rb");
    size_t bytes = file ? fread(data, 1, sizeof(data), file) : 0;
    int failed = !file || ferror(file);

    if (file)
        (void)fclose(file);
    if (failed) {
        perror(path);
        return -1;
    }
    /* Should the run end the process, this says in which file. */
    (void)fprintf(stderr, "replay: %s\n", path);
    run(path, data, bytes);
    return 0;
}

static int is_input(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int replay_folder(const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, is_input, alphasort);
    int result = count < 0 ? -1 : 0;
    char name[4096];

    if (count < 0)
        perror(path);
    for (int i = 0; i < count; i++) {
        (void)snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
        if (result == 0)
            result = replay_file(name);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return result;
}

static int replay(const char *path)
{
    struct stat st;

    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return replay_folder(path);
    return replay_file(path);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-v") == 0)
            fuzz_talks = true;
        else if (replay(argv[i]) != 0)
            return 2;
    }
    if (runs == 0) {
        (void)fprintf(stderr, "replay: no input\n");
        return 2;
    }
    printf("%u inputs, each run twice\n", runs);
    return 0;
}
