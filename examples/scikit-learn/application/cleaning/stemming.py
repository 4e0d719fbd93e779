"""Words without their endings."""

ENDINGS = ("ing", "ed", "es", "s")


def stem(word):
    word = word.strip(".,:;!?")
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word
