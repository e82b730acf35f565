/* SPDX-License-Identifier: MIT
 *
 * test_store.c: disks keep what was written, within their bounds, and a
 * copy-on-write disk never changes its image.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fakedev/store.h"

#define IMAGE_BYTES 4096u

static char dir[64];

static int make_dir(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/fakedev-store-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    (void)state;
    return rmdir(dir);
}

/* An image whose byte k is k modulo 251. */
static const char *make_image(size_t bytes)
{
    static char path[96];
    FILE *file;

    snprintf(path, sizeof(path), "%s/disk.img", dir);
    file = fopen(path, "wb");
    assert_non_null(file);
    for (size_t k = 0; k < bytes; k++)
        assert_int_not_equal(putc((int)(k % 251), file), EOF);
    assert_int_equal(fclose(file), 0);
    return path;
}

static void read_image(const char *path, uint8_t *out)
{
    FILE *file = fopen(path, "rb");

    assert_non_null(file);
    assert_int_equal(fread(out, 1, IMAGE_BYTES, file), IMAGE_BYTES);
    fclose(file);
}

static void keeps_what_was_written(struct fake_store *s)
{
    uint8_t in[1024], out[1024];

    assert_int_equal(s->bytes, IMAGE_BYTES);
    memset(in, 0x5a, sizeof(in));
    assert_int_equal(s->ops->write(s, 512, in, 1024), 0);
    assert_int_equal(s->ops->read(s, 512, out, 1024), 0);
    assert_memory_equal(in, out, 1024);
    assert_int_equal(s->ops->write(s, IMAGE_BYTES - 512, in, 512), 0);
    assert_int_equal(s->ops->read(s, IMAGE_BYTES - 512, out, 512), 0);
    assert_memory_equal(in, out, 512);
    assert_int_equal(s->ops->flush(s), 0);
}

static void refuses_what_is_out_of_bounds(struct fake_store *s)
{
    static const struct {
        uint64_t offset;
        size_t bytes;
    } wrong[] = {
        {IMAGE_BYTES, 1},      {IMAGE_BYTES - 511, 512}, {0, IMAGE_BYTES + 1},
        {UINT64_MAX, 1},       {UINT64_MAX - 511, 512},  {512, SIZE_MAX},
        {512, SIZE_MAX - 511},
    };
    uint8_t *buf = calloc(1, IMAGE_BYTES);

    for (size_t k = 0; k < sizeof(wrong) / sizeof(wrong[0]); k++) {
        assert_int_equal(s->ops->read(s, wrong[k].offset, buf, wrong[k].bytes),
                         -1);
        assert_int_equal(s->ops->write(s, wrong[k].offset, buf, wrong[k].bytes),
                         -1);
    }
    assert_int_equal(s->ops->read(s, IMAGE_BYTES, buf, 0), 0);
    free(buf);
}

static void test_memory_disk_starts_as_zeroes(void **state)
{
    struct fake_store *s;
    uint8_t byte = 1;
    char err[128];

    (void)state;
    s = fake_store_memory(IMAGE_BYTES, err, sizeof(err));
    assert_non_null(s);
    assert_int_equal(s->ops->read(s, 1234, &byte, 1), 0);
    assert_int_equal(byte, 0);
    keeps_what_was_written(s);
    refuses_what_is_out_of_bounds(s);
    s->ops->close(s);
}

static void test_file_disk_writes_to_its_image(void **state)
{
    const char *path = make_image(IMAGE_BYTES);
    struct fake_store *s;
    uint8_t image[IMAGE_BYTES];
    uint8_t sector[512];
    char err[128];

    (void)state;
    s = fake_store_file(path, err, sizeof(err));
    assert_non_null(s);
    assert_int_equal(s->ops->read(s, 512, sector, 512), 0);
    assert_int_equal(sector[0], 512 % 251);
    keeps_what_was_written(s);
    refuses_what_is_out_of_bounds(s);
    s->ops->close(s);
    read_image(path, image);
    assert_int_equal(image[511], 511 % 251);
    assert_int_equal(image[512], 0x5a);
    assert_int_equal(image[IMAGE_BYTES - 1], 0x5a);
    unlink(path);
}

static void test_cow_disk_never_changes_its_image(void **state)
{
    const char *path = make_image(IMAGE_BYTES);
    uint8_t before[IMAGE_BYTES], after[IMAGE_BYTES];
    struct fake_store *s;
    uint8_t sector[512];
    char err[128];

    (void)state;
    assert_int_equal(chmod(path, 0444), 0);
    read_image(path, before);
    s = fake_store_cow(path, err, sizeof(err));
    assert_non_null(s);
    assert_int_equal(s->ops->read(s, 512, sector, 512), 0);
    assert_memory_equal(sector, before + 512, 512);
    keeps_what_was_written(s);
    refuses_what_is_out_of_bounds(s);
    s->ops->close(s);
    read_image(path, after);
    assert_memory_equal(before, after, IMAGE_BYTES);
    unlink(path);
}

static void test_file_disk_reports_an_image_cut_short(void **state)
{
    const char *path = make_image(IMAGE_BYTES);
    struct fake_store *s;
    uint8_t sector[512];
    char err[128];

    (void)state;
    s = fake_store_file(path, err, sizeof(err));
    assert_non_null(s);
    assert_int_equal(truncate(path, 1024), 0);
    assert_int_equal(s->ops->read(s, 2048, sector, 512), -1);
    s->ops->close(s);
    unlink(path);
}

static void expect_no_image(const char *path, const char *text)
{
    char err[256] = "";

    assert_null(fake_store_file(path, err, sizeof(err)));
    assert_non_null(strstr(err, path));
    assert_non_null(strstr(err, text));
    assert_null(strchr(err, '\n'));
    err[0] = '\0';
    assert_null(fake_store_cow(path, err, sizeof(err)));
    assert_non_null(strstr(err, path));
    assert_non_null(strstr(err, text));
}

static void test_bad_image_is_named_with_its_reason(void **state)
{
    const char *path;

    (void)state;
    path = make_image(1000);
    expect_no_image(path, "1000 bytes is not a multiple of 512");
    path = make_image(0);
    expect_no_image(path, "is empty");
    unlink(path);
    expect_no_image(path, "No such file or directory");
    expect_no_image("/dev/null", "not a regular file or block device");
}

static void test_bad_memory_disk_is_refused(void **state)
{
    static const uint64_t wrong[] = {0, 1, 511, 513, UINT64_MAX / 512 * 512};
    char err[128];

    (void)state;
    for (size_t k = 0; k < sizeof(wrong) / sizeof(wrong[0]); k++) {
        err[0] = '\0';
        assert_null(fake_store_memory(wrong[k], err, sizeof(err)));
        assert_non_null(strstr(err, "memory disk"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_disk_starts_as_zeroes),
        cmocka_unit_test(test_file_disk_writes_to_its_image),
        cmocka_unit_test(test_cow_disk_never_changes_its_image),
        cmocka_unit_test(test_file_disk_reports_an_image_cut_short),
        cmocka_unit_test(test_bad_image_is_named_with_its_reason),
        cmocka_unit_test(test_bad_memory_disk_is_refused),
    };

    return cmocka_run_group_tests_name("store", tests, make_dir, remove_dir);
}
