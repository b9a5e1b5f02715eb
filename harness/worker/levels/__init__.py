"""How a worker drives a subject, one module a level. Each has four functions, called in this order:

prepare(run)                      before anything of hermes is imported
load(layout)                      import the subject
run_program(run, runner, main)    run the subject's event loop until the process ends; never returns
drive(...)                        the coroutine `main`: the subject, from its start to the run's end
"""
