import os
import sys

{{ cookiecutter.update({"mood": cookiecutter.mood|upper}) }}
assert os.listdir() == []
open("born.txt", "w").write(os.path.basename(os.getcwd()))
open("README.md", "w").write("overwritten")
os.mkdir("from_hook")
sys.exit(0)
