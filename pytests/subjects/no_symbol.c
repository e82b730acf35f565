/* SPDX-License-Identifier: MIT
 *
 * A shared object, but no subject.
 */
int not_a_subject(void);

int not_a_subject(void)
{
    return 0;
}
