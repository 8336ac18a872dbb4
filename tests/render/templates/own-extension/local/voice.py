from jinja2.ext import Extension

from local.words import MARK


class Shout(Extension):
    def __init__(self, environment):
        super().__init__(environment)
        environment.filters["shout"] = lambda text: text.upper() + MARK
