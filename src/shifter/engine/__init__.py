"""The engine: the only place with sequences of effects.  One verb a file.

Record intent, act, record fact.  `assess` observes, decides and saves the intent;
`shift`, `roll_back` and `finish` make the world match it with absolute values, read the
world back, and save the fact.  The function that acts never moves the step, so a crash
repeats an effect and never skips an assessment.
"""
