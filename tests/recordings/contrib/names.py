"""Resolves every name of every family; prints those that don't, exit 1 if any."""

import sys

import replay


def main():
    from legacy.contrib import FAMILIES, names_of

    replay.Facade()
    bad, count = [], 0
    for family, home in FAMILIES.items():
        for name, target in names_of(home).items():
            count += 1
            try:
                replay.resolve(target)
            except Exception as error:
                bad.append(f"{family}.{name}: {error!r}")
    print("\n".join(bad))
    print(f"{count - len(bad)} of {count} names resolve")
    return int(bool(bad) or not count)


if __name__ == "__main__":
    sys.exit(main())
