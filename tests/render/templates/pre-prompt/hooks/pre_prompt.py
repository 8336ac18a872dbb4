import json
import os

settings = json.load(open("cookiecutter.json"))
settings["slug"] = "prompted"
settings["made"] = sorted(os.listdir())[0]
json.dump(settings, open("cookiecutter.json", "w"))
open("{{cookiecutter.slug}}/fresh.txt", "w").write("fresh {{ cookiecutter.made }}\n")
os.chmod("{{cookiecutter.slug}}/fresh.txt", 0o755)
