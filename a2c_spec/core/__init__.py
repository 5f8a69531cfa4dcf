"""Pure: values in, values out; standard library only, no input or output of any kind."""
