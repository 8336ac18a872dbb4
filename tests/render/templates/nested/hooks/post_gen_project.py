raise SystemExit('of the outer template: never run')
