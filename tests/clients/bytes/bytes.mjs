// What clients may say to a server, soundly or not, by the name of the case.
//
// Not here is where Wisteria is stricter on purpose: it refuses messages to wildcards, to subjects with white space or
// control characters of any alphabet and with replies to such, headers that are none, and all that only servers say. And it
// writes sizes without the zeros that a client may put in front of them.

const connectWith = (options) => `CONNECT ${JSON.stringify({ verbose: false, pedantic: false, ...options })}\r\n`;
const hello = connectWith({ headers: true, no_responders: true });
const loud = connectWith({ headers: true, verbose: true });
const strict = connectWith({ headers: true, pedantic: true });
const deaf = connectWith({ headers: true, no_responders: true, echo: false });

/** As many letters. */
const letters = (count) => "a".repeat(count);

export const bytes = {
  // How things are written.
  "verbs in lower case": `${hello}sub a 1\r\npub a 2\r\nhi\r\nunsub 1\r\npub a 2\r\nno\r\n`,
  "verbs in mixed case": `${hello}Sub a 1\r\nPuB a 2\r\nhi\r\n`,
  "tabs and spaces between arguments": `${hello}SUB\ta  1\r\nPUB  a \t2 \r\nhi\r\n`,
  "a space before a verb": `${hello} PUB a 2\r\nhi\r\n`,
  "a line that ends in a line feed alone": `${hello}SUB a 1\nPUB a 2\r\nhi\r\n`,
  "line breaks inside of messages": `${hello}SUB a 1\r\nPUB a 12\r\nUNSUB 1\r\nX\r\n\r\n`,
  "an empty line": `${hello}\r\n`,
  "an unknown verb": `${hello}SHOUT a 2\r\nhi\r\n`,
  "the verb of servers": `${hello}MSG a 1 2\r\nhi\r\n`,
  "a line that is as long as may be": `${hello}SUB ${letters(4094)} 1\r\nPUB ${letters(4094)} 0\r\n\r\n`,
  "a line that is a byte too long": `${hello}SUB ${letters(4095)} 1\r\n`,
  "a line that is too long": `${hello}SUB ${letters(5000)} 1\r\n`,
  "a line that never ends": `${hello}SUB ${letters(5000)}`,
  "PING and PONG": `${hello}PONG\r\nPING\r\nPONG\r\nPING\r\nPING \r\n`,

  // How one begins.
  "PING before CONNECT": "PING\r\n",
  "everything before CONNECT": "SUB a 1\r\nPUB a 2\r\nhi\r\nUNSUB 1\r\n",
  "an empty CONNECT": "CONNECT {}\r\n",
  "fields of CONNECT that nobody knows": connectWith({ unheard_of: [1, {}] }),
  "fields of CONNECT that are null": connectWith({ name: null, lang: null, headers: null, protocol: null }),
  "CONNECT with null for what is true unless said": 'CONNECT {"verbose":null}\r\n',
  "CONNECT with a field given twice": 'CONNECT {"verbose":false,"verbose":true}\r\n',
  "CONNECT with a protocol that nobody knows": connectWith({ protocol: 9 }),
  "CONNECT with null alone": "CONNECT null\r\n",
  "CONNECT with a list": "CONNECT []\r\n",
  "proofs that nobody asked for": connectWith({ auth_token: "x", user: "u", pass: "p" }),
  "CONNECT said twice": `${hello}${loud}SUB a 1\r\nPUB a 2\r\nhi\r\n`,
  "CONNECT without anything": "CONNECT\r\n",
  "CONNECT that is no JSON": "CONNECT {verbose\r\n",
  "CONNECT with a field of another type": 'CONNECT {"verbose":"yes"}\r\n',
  "CONNECT that asks for no_responders without headers": connectWith({ no_responders: true }),
  "every operation acknowledged": `${loud}SUB a 1\r\nPUB a 2\r\nhi\r\nUNSUB 1\r\nPONG\r\n`,
  "no echo": `${connectWith({ echo: false })}SUB a 1\r\nPUB a 2\r\nhi\r\n`,

  // Messages.
  "a reply subject": `${hello}SUB a 1\r\nPUB a b.c 2\r\nhi\r\n`,
  "an empty message": `${hello}SUB a 1\r\nPUB a 0\r\n\r\n`,
  "PUB without anything": `${hello}PUB\r\n`,
  "PUB without a size": `${hello}PUB a\r\n`,
  "PUB with too many arguments": `${hello}PUB a b c 2\r\nhi\r\n`,
  "PUB with a size that is no number": `${hello}PUB a two\r\nhi\r\n`,
  "PUB with a negative size": `${hello}PUB a -2\r\nhi\r\n`,
  "PUB with less than it says": `${hello}SUB a 1\r\nPUB a 3\r\nhi\r\n\r\n`,
  "PUB with more than it says": `${hello}SUB a 1\r\nPUB a 1\r\nhi\r\n`,
  "a message that is too large": `${hello}PUB a 99999999\r\n`,
  "a size beyond all numbers": `${hello}PUB a 99999999999999999999\r\n`,
  "a message to an empty token": `${hello}SUB a.> 1\r\nPUB a..b 2\r\nhi\r\n`,
  "a message to an empty token, acknowledged": `${loud}PUB a..b 2\r\nhi\r\n`,
  "a message to an empty token by one who says nothing of oneself": "PUB a..b 2\r\nhi\r\n",
  "a message to an empty token by one who is strict": `${strict}SUB a.> 1\r\nPUB a..b 2\r\nhi\r\n`,
  // Whoever left a case ago may still be known to the server for a moment, so only these subjects are nobody's.
  "a request to nobody": `${hello}SUB r 1\r\nPUB nobody r 2\r\nhi\r\n`,
  "a request to nobody from one who does not ask": `${connectWith({ headers: true })}SUB r 1\r\nPUB nobody r 1\r\nx\r\n`,
  "a request to oneself without echo": `${deaf}SUB r 1\r\nSUB own 2\r\nPUB own r 1\r\nx\r\nUNSUB 2\r\n`,

  // Headers.
  "headers": `${hello}SUB a 1\r\nHPUB a 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi\r\n`,
  "headers and a reply subject": `${hello}SUB a 1\r\nHPUB a r 18 18\r\nNATS/1.0\r\nA: b\r\n\r\n\r\n`,
  "headers with a status": `${hello}SUB a 1\r\nHPUB a 26 26\r\nNATS/1.0 404 Not There\r\n\r\n\r\n`,
  "headers as they are written": `${hello}SUB a 1\r\nHPUB a 31 31\r\nNATS/1.0\r\nb:  x \r\nB:y\r\na: z\r\n\r\n\r\n`,
  "no headers at all": `${hello}SUB a 1\r\nHPUB a 12 14\r\nNATS/1.0\r\n\r\nhi\r\n`,
  "headers of no bytes": `${hello}SUB a 1\r\nHPUB a 0 2\r\nhi\r\n`,
  "headers from a client that knows none": `${connectWith({})}SUB a 1\r\nHPUB a 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi\r\n`,
  "a request with headers to nobody": `${hello}SUB r 1\r\nHPUB nobody r 18 18\r\nNATS/1.0\r\nA: b\r\n\r\n\r\n`,
  "headers acknowledged": `${loud}SUB a 1\r\nHPUB a 12 12\r\nNATS/1.0\r\n\r\n\r\n`,
  "HPUB with more headers than message": `${hello}HPUB a 20 10\r\nNATS/1.0\r\n\r\n\r\n`,
  "HPUB without a size": `${hello}HPUB a 10\r\nNATS/1.0\r\n\r\n\r\n`,

  // Subscriptions.
  "names of subscriptions that are no numbers": `${hello}SUB a x-y_z\r\nPUB a 2\r\nhi\r\n`,
  "a name of a subscription given twice": `${hello}SUB a 1\r\nSUB b 1\r\nPUB a 1\r\na\r\nPUB b 1\r\nb\r\n`,
  "two subscriptions to one subject": `${hello}SUB a 1\r\nSUB a 2\r\nUNSUB 1\r\nPUB a 1\r\na\r\n`,
  "a queue of one": `${hello}SUB a.* q 1\r\nPUB a.b 2\r\nhi\r\n`,
  "a star": `${hello}SUB a.* 1\r\nPUB a 0\r\n\r\nPUB a.b 0\r\n\r\nPUB a.b.c 0\r\n\r\n`,
  "all that follows": `${hello}SUB b.> 2\r\nPUB b 0\r\n\r\nPUB b.c.d 0\r\n\r\n`,
  "a name of a subscription that has ended": `${hello}SUB a 1\r\nUNSUB 1 1\r\nPUB a 1\r\n1\r\nSUB b 1\r\nPUB b 1\r\n2\r\nPUB b 1\r\n3\r\n`,
  "a maximum given twice": `${hello}SUB a 1\r\nUNSUB 1 5\r\nUNSUB 1 2\r\nPUB a 1\r\n1\r\nPUB a 1\r\n2\r\nPUB a 1\r\n3\r\n`,
  "leaving a subscription that is not there": `${hello}UNSUB 7\r\n`,
  "leaving after messages that have come already": `${hello}SUB a 1\r\nPUB a 1\r\n1\r\nPUB a 1\r\n2\r\nUNSUB 1 1\r\nPUB a 1\r\n3\r\n`,
  "leaving after one more message": `${hello}SUB a 1\r\nPUB a 1\r\n1\r\nUNSUB 1 2\r\nPUB a 1\r\n2\r\nPUB a 1\r\n3\r\n`,
  "leaving after no message": `${hello}SUB a 1\r\nUNSUB 1 0\r\nPUB a 1\r\n1\r\n`,
  "leaving after words": `${hello}SUB a 1\r\nUNSUB 1 two\r\nPUB a 1\r\n1\r\n`,
  "SUB without anything": `${hello}SUB\r\n`,
  "SUB without a name": `${hello}SUB a\r\n`,
  "SUB with too many arguments": `${hello}SUB a b c d\r\n`,
  "UNSUB without a name": `${hello}UNSUB\r\n`,
  "UNSUB with too many arguments": `${hello}UNSUB 1 2 3\r\n`,
  "subscribing to an empty token": `${hello}SUB a..b 1\r\n`,
  "subscribing to a subject that ends in a dot": `${hello}SUB a. 1\r\n`,
  "subscribing to > in the middle": `${hello}SUB a.>.b 1\r\nPUB a.x.b 1\r\nx\r\n`,
  "subscribing to nothing with every operation acknowledged": `${loud}SUB a..b 1\r\n`,
  "stars inside of words are stars": `${hello}SUB a*.b 1\r\nPUB a*.b 1\r\nx\r\nPUB ax.b 1\r\nx\r\n`,
  "subjects beyond ASCII": `${hello}SUB grün.* 1\r\nPUB grün.blatt 2\r\nhi\r\n`,
  "a subject of 300 tokens": `${hello}SUB a.> 1\r\nPUB ${Array(300).fill("a").join(".")} 2\r\nhi\r\n`,
};
