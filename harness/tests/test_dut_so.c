/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dut_so.h"
#include "scratch.h"
#include "so_probe.h"

static char err[512];

static void reject(const char *path, const char *expected)
{
    assert_int_equal(rig_so_probe(path, false, err, sizeof(err)), -1);
    if (!strstr(err, expected))
        fail_msg("expected \"%s\" in \"%s\"", expected, err);
    assert_null(strchr(err, '\n'));
}

static void test_good_one_opens(void **state)
{
    const struct rig_dut *dut = NULL;

    (void)state;
    assert_int_equal(rig_so_open(SO_DIR "/so_good.so", &dut, err, sizeof(err)),
                     0);
    assert_string_equal(dut->name, "does nothing");
    assert_int_equal(
        rig_so_probe(SO_DIR "/so_good.so", false, err, sizeof(err)), 0);
}

static void test_name_without_a_slash_is_in_the_current_folder(void **state)
{
    (void)state;
    assert_int_equal(chdir(SO_DIR), 0);
    assert_int_equal(rig_so_probe("so_good.so", false, err, sizeof(err)), 0);
    reject("libc.so.6", "No such file");
}

static void test_what_is_no_shared_object_is_refused(void **state)
{
    const struct scratch *s = *state;

    scratch_write(s, "x.so",
                  "not ELF, but long enough to hold a header, so "
                  "that the loader has something to look at");
    reject(scratch_path(s, "no.so"), "No such file");
    reject(scratch_path(s, "x.so"), "invalid ELF header");
    reject(s->dir, "not a regular file");
}

static void test_other_abi_is_refused(void **state)
{
    char expected[128];

    (void)state;
    reject(SO_DIR "/so_none.so", "no symbol ringtrue_dut");
    reject(SO_DIR "/so_null.so", "ringtrue_dut() returned NULL");
    snprintf(expected, sizeof(expected),
             "built for ABI version %d of dut.h, this ringtrue has %d",
             RIG_DUT_ABI_VERSION + 1, RIG_DUT_ABI_VERSION);
    reject(SO_DIR "/so_abi.so", expected);
    reject(SO_DIR "/so_size.so", "struct rig_dut has");
    reject(SO_DIR "/so_slot.so", "poll is NULL");
}

static void test_bad_constructor_is_survived(void **state)
{
    (void)state;
    reject(SO_DIR "/so_crash.so", "while it was loaded: ");
    reject(SO_DIR "/so_hang.so", "while it was loaded: killed after 5 s");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_one_opens),
        cmocka_unit_test(test_name_without_a_slash_is_in_the_current_folder),
        SCRATCH_TEST(test_what_is_no_shared_object_is_refused),
        cmocka_unit_test(test_other_abi_is_refused),
        cmocka_unit_test(test_bad_constructor_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
