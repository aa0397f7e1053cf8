"""Starts what a test needs, backends and programs, and takes all of it down again."""

import config_file
from http_message import BadMessage
from program import Be, Lb, Program
from raw_backend import RawBackend


class Starter:
    """Starts what a test needs, in folders of its own, and ends it in the opposite order."""

    def __init__(self, folder):
        self.folder = folder
        self.started = []
        self.count = 0

    def new_folder(self):
        self.count += 1
        folder = self.folder / str(self.count)
        folder.mkdir()
        return folder

    def keep(self, thing):
        self.started.append(thing)
        return thing

    def backend(self, answer=None, **options):
        return self.keep(RawBackend(answer, **options))

    def lb(self, *services, descriptors=None, **settings):
        """An lb for these services (or RawBackends, each then the host of one service `svc`)."""
        backends = [one for one in services if isinstance(one, RawBackend)]
        services = [one for one in services if not isinstance(one, RawBackend)]
        if backends:
            services.append(config_file.service(*backends))
        return self.lb_with(config_file.proxy(*services, **settings), descriptors=descriptors)

    def lb_with(self, config, descriptors=None):
        folder = self.new_folder()
        program = Lb.__new__(Lb)
        self.started.append(program)  # before it runs: a start that fails shows its log, too
        try:
            program.__init__(config, folder, descriptors=descriptors)
        except AssertionError:
            program.expected_code = None
            raise
        return program

    def be(self, config, *flags):
        return self.keep(Be(config, self.new_folder(), flags))

    def program(self, name, *arguments, **options):
        return self.keep(Program(name, arguments, self.new_folder(), **options))

    def logs(self):
        return [(one.name, one.log()) for one in self.started if isinstance(one, Program) and hasattr(one, "output")]

    def stop(self):
        problems = []
        for one in reversed(self.started):
            try:
                if isinstance(one, Program) and not hasattr(one, "process"):
                    continue
                one.stop()
            except AssertionError as problem:
                problems.append(str(problem))
        for backend in self.started:
            if isinstance(backend, RawBackend):
                problems += [
                    f"a backend was sent nonsense: {connection.error}"
                    for connection in backend.connections
                    if isinstance(connection.error, BadMessage)
                ]
        assert not problems, "\n".join(problems)
