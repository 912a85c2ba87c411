// What is done outside, by whoever made this instance of the kernel: KernelCalls.

/** The number of the packet's stack in the dictionary of stacks. */
export declare function lookUpStack(): i32

/** The packet may belong to a request or a response; its conversation does not count it yet. False: of a TCP connection no more is wanted. */
export declare function application(row: i32, time: f64, found: i32): bool
