x {{ cookiecutter.slug }}
