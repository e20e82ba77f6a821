"""The guard of deployments: no deployment during a cutover, no cutover during one.

    order.py     what CloudFormation asks, and what it is answered
    decide.py    whether to take the environment's lock: pure
    guard.py     the two sequences of effects: a deployment begins, and it has ended
    world.py     what they need of AWS
    handlers.py  the two functions

It is a deployable of its own, because it must stand before anything else does, Shifter
included.  With Shifter it shares `interlock` and nothing else; it needs no library.
"""
