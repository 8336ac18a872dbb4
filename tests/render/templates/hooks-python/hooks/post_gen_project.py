import os
import shutil

if "{{ cookiecutter.keep }}" == "no":
    os.remove("doomed.txt")
    shutil.rmtree("doomed")
    os.rename("script.sh", "renamed.sh")
open("mood.txt", "w").write("{{ cookiecutter.mood }} {{ cookiecutter.slug }} ä\n")
os.chmod("plain.txt", 0o755)
print("talk of the hook")
