"""Fonts with the few characters that are used, as browsers take them."""

import io

from fontTools import subset

LAYOUT = ["flac"]  # flatter accents for capitals; smaller shapes in exponents would double a font
LICENSE = [0, 13, 14]  # the entries of a font that say whose it is and what is allowed


def write_part_of_font(source, target, characters):
    """Write the font ``source`` with these code points only; returns whether it has any of them."""
    options = subset.Options(layout_features=LAYOUT, name_IDs=LICENSE, hinting=False)  # and no time of today
    options.flavor = target.suffix.removeprefix(".")
    options.drop_tables += ["FFTM"]  # when and where the font was made
    font = subset.load_font(source, options)
    if not characters & font.getBestCmap().keys():
        return False
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=characters)
    cutter.subset(font)
    written = io.BytesIO()
    subset.save_font(font, written, options)
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(written.getvalue())
    return True
