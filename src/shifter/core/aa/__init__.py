"""The A/A check: the evidence engine on blue against blue, in the past.

One Availability Zone of blue plays green against the rest of blue, and the rest plays
green against the zone.  Both are the same release, so every rollback would be a false
one.  The past is cut into windows of the length of a cutover that do not overlap, and a
new engine plays each of them as the gate would: with blue's hour before the window as
its baseline, at the plan's ladder, with the gate's own parameters.

If the bound of the engine holds for this traffic, the evidence crosses in at most
`alpha` of the windows.  Each *direction* (who plays green) is judged by its own count,
because directions of one window share their requests and are not independent.

What it cannot show: anything about a release that differs, and anything at the small
weights themselves, for a zone has a third or half of the requests.

    past      minutes by zone, cut into windows
    play      a window, played by an engine
    verdict   what the crossings of all windows say
"""
