pub fn write_float_12(_value: f64, _out: &mut Vec<u8>) {}
