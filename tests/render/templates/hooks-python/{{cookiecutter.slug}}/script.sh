{{ cookiecutter.mood }}
