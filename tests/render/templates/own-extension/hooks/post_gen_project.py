open("said.txt", "w").write("{{ cookiecutter.loud|shout }}")
