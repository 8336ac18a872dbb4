#!/bin/sh
set -e
echo before > before.txt
