"""Heavy work as pure functions, and the workers that run it: recording in, values out. Workers never see the store."""
