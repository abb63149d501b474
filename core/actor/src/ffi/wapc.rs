//! The host functions of waPC.
#![expect(unsafe_code, reason = "waPC passes addresses in the actor's own memory; all uses of them are here")]

#[link(wasm_import_module = "wapc")]
unsafe extern "C" {
    fn __guest_request(operation: *mut u8, argument: *mut u8);
    fn __guest_response(start: *const u8, length: usize);
    fn __guest_error(start: *const u8, length: usize);
    fn __host_call(
        binding: *const u8,
        binding_length: usize,
        namespace: *const u8,
        namespace_length: usize,
        operation: *const u8,
        operation_length: usize,
        argument: *const u8,
        argument_length: usize,
    ) -> i32;
    fn __host_response_len() -> usize;
    fn __host_response(start: *mut u8);
    fn __host_error_len() -> usize;
    fn __host_error(start: *mut u8);
}

pub(crate) fn request(operation_length: usize, argument_length: usize) -> (Vec<u8>, Vec<u8>) {
    let (mut operation, mut argument) = (vec![0; operation_length], vec![0; argument_length]);
    // SAFETY: the host writes exactly the lengths that it announced.
    unsafe { __guest_request(operation.as_mut_ptr(), argument.as_mut_ptr()) };
    (operation, argument)
}

pub(crate) fn respond(reply: &[u8]) {
    // SAFETY: the host copies from a live slice before it returns.
    unsafe { __guest_response(reply.as_ptr(), reply.len()) };
}

pub(crate) fn fail(error: &str) {
    // SAFETY: the host copies from a live slice before it returns.
    unsafe { __guest_error(error.as_ptr(), error.len()) };
}

pub(crate) fn host_call(binding: &str, namespace: &str, operation: &str, argument: &[u8]) -> Result<Vec<u8>, String> {
    // SAFETY: the host copies from live slices before it suspends the guest.
    let succeeded = unsafe {
        __host_call(
            binding.as_ptr(),
            binding.len(),
            namespace.as_ptr(),
            namespace.len(),
            operation.as_ptr(),
            operation.len(),
            argument.as_ptr(),
            argument.len(),
        )
    };
    match succeeded {
        // SAFETY: each function writes as many bytes as its length says.
        1 => Ok(unsafe { collect(__host_response_len(), |start| __host_response(start)) }),
        _ => {
            let error = unsafe { collect(__host_error_len(), |start| __host_error(start)) };
            Err(String::from_utf8_lossy(&error).into_owned())
        }
    }
}

fn collect(length: usize, fill: impl FnOnce(*mut u8)) -> Vec<u8> {
    let mut bytes = vec![0; length];
    fill(bytes.as_mut_ptr());
    bytes
}
