// What is done outside, by whoever made this instance of the kernel: KernelCalls.

/** The number of the packet's stack in the dictionary of stacks. */
export declare function lookUpStack(): i32

/**
 * The last row may belong to a request or a response. What is known of a TCP connection then: see
 * RECOGNITION.
 */
export declare function application(row: i32, time: f64, found: i32): i32
