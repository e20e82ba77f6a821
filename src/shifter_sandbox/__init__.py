"""AWS on a laptop: what Shifter runs on in tests and in the demonstration.

moto in this process, with fakes over what it gets wrong (`fakes`), a real Step
Functions interpreter, a virtual clock on which everything takes its turn (`clock`,
`turns`), the payment system (`build`, `system`) and its clients (`traffic`).

    with account(seed=1) as aws:
        system = build_system(aws, edges=2)
        traffic = Traffic(aws, system, seed=1)
        aws.add_function("shift", handler)
        result = aws.run(definition, {"cutover_id": "c"}, name="c-1")

What it does not prove: quotas, IAM, the timing of the real AWS.  Never part of a Lambda
package.
"""
