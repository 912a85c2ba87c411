// Redis, PostgreSQL and MariaDB: real servers with their own clients, with and without TLS, one connection older than the capture.
import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startCapture } from '../capture.mjs'
import { run } from '../network.mjs'
import { openSession } from '../session.mjs'

const PASSWORD = 'top-secret'
const quiet = { stdio: 'ignore' }

/** A folder that `user` owns, for a server that refuses to be root. */
async function inFolderOf(user, use) {
  const folder = mkdtempSync(join(tmpdir(), 'hopscope-db-'))
  const [uid, gid] = ['-u', '-g'].map((flag) => Number(run('id', [flag, user])))
  const own = (path) => chownSync(path, uid, gid)
  own(folder)
  try {
    return await use(folder, own)
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
  }
}

function certificate(folder, own) {
  const [key, cert] = ['key', 'certificate'].map((name) => join(folder, name))
  run('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=shop.example'],
    ...['-keyout', key, '-out', cert],
  ])
  chmodSync(key, 0o600)
  own(key)
  own(cert)
  return { key, cert }
}

/** Tries until the server is up. */
async function until(works) {
  for (let tries = 0; ; tries++) {
    try {
      return works()
    } catch (error) {
      if (tries === 60) throw error
      await sleep(250)
    }
  }
}

const values = (facts, name, filter = name) =>
  facts.rows(name, filter).flatMap(([value]) => value.split(',').filter(Boolean))

const PIPELINE = `
const socket = require('node:net').connect(6379, process.argv[1])
const command = (...words) => '*' + words.length + '\\r\\n' + words.map((word) => '$' + word.length + '\\r\\n' + word + '\\r\\n').join('')
socket.write(
  command('AUTH', 'top-secret') + command('SET', 'order:7', 'paid ') + command('LPUSH', 'queue', 'a') +
  command('LPUSH', 'queue', 'b') + command('LPUSH', 'queue', 'c') + command('GET', 'order:7') +
  command('MGET', 'order:7', 'order:8', 'order:9', 'order:10') + command('INCR', 'queue') +
  command('MULTI') + command('SET', 'order:8', 'new') + command('GET', 'order:8') + command('EXEC')
)
setTimeout(() => socket.end(command('QUIT')), 300)
socket.resume()
`

export const redis = {
  file: 'redis.pcap.gz',
  title: 'Redis, with commands that do not wait',
  description:
    'A Redis server and redis-cli: single commands, errors, a transaction, twelve commands in one packet, a benchmark with eight under way, a subscriber, RESP3; one connection is older than the capture.',
  command: 'tcpdump -i eth0 in the client pod',

  async make(cluster, raw) {
    const client = cluster.pod('a', 'client', 15)
    const server = cluster.pod('b', 'server', 16)
    server.spawn(
      'redis-server',
      ['--port', '6379', '--bind', '0.0.0.0', '--save', '', '--appendonly', 'no', '--requirepass', PASSWORD],
      quiet,
    )
    const env = { REDISCLI_AUTH: PASSWORD }
    const at = ['-h', server.address]
    const cli = (...args) => client.run('env', `REDISCLI_AUTH=${PASSWORD}`, 'redis-cli', ...at, ...args)
    await until(() => cli('PING'))
    const old = openSession(client, 'redis-cli', at, env)
    await old.say(['SET greeting hello'])
    const capture = await startCapture(client, raw, { snapLength: 16_384 })
    await old.say(['GET greeting', 'HSET cart:1 apple 3 pear 4', 'HGETALL cart:1', 'INCR greeting', 'DEL greeting'])
    await old.end()
    client.run(process.execPath, '-e', PIPELINE, server.address)
    cli('-3', 'HGETALL', 'cart:1')
    cli('BLPOP', 'empty', '0.2')
    const listener = openSession(client, 'redis-cli', [...at, 'SUBSCRIBE', 'orders'], env)
    await sleep(400)
    cli('PUBLISH', 'orders', 'order 7 is paid')
    await sleep(200)
    listener.interrupt()
    await listener.end()
    client.run('redis-benchmark', ...at, '-a', PASSWORD, '-n', '64', '-c', '1', '-P', '8', '-t', 'set,get', '-q')
    await capture.stop()
    return {}
  },
}

const PG_SCRIPT = `\\set id random(1, 40)
\\startpipeline
begin;
update orders set cents = cents + 1 where id = :id;
select cents from orders where id = :id;
end;
\\endpipeline
`
const PG_FAILS = `\\startpipeline
select id from orders where id = 1;
select cents / 0 from orders;
select id from orders where id = 2;
\\endpipeline
`

function postgresFolder() {
  const base = '/usr/lib/postgresql'
  const newest = readdirSync(base).sort((a, b) => Number(b) - Number(a))[0]
  return join(base, newest, 'bin')
}

export const postgresql = {
  file: 'postgresql.pcap.gz',
  title: 'PostgreSQL: simple, prepared, in pipelines, over TLS',
  description:
    'A PostgreSQL server with psql and pgbench: simple statements, an error, COPY both ways, prepared statements, pipelines of which one fails, a statement that is cancelled, TLS that is asked for and given, and asked for and refused; one connection is older than the capture.',
  command: 'tcpdump -i eth0 in the client pod',

  make: (cluster, raw) =>
    inFolderOf('postgres', async (folder, own) => {
      const client = cluster.pod('a', 'client', 15)
      const server = cluster.pod('b', 'server', 16)
      const bin = postgresFolder()
      const data = join(folder, 'data')
      const asPostgres = ['-u', 'postgres', '--']
      writeFileSync(join(folder, 'password'), PASSWORD)
      own(join(folder, 'password'))
      run(
        'runuser',
        [
          ...[...asPostgres, join(bin, 'initdb'), '-D', data, '-U', 'shop', '--auth=scram-sha-256', '--no-sync'],
          ...['--no-locale', '--encoding=UTF8', `--pwfile=${join(folder, 'password')}`],
        ],
        { cwd: folder },
      )
      writeFileSync(join(data, 'pg_hba.conf'), 'host all all all scram-sha-256\n')
      appendFileSync(join(data, 'postgresql.conf'), 'ssl = on\n')
      const { key, cert } = certificate(folder, own)
      server.spawn(
        'runuser',
        [
          ...[...asPostgres, join(bin, 'postgres'), '-D', data, '-h', server.address, '-k', folder],
          ...['-c', `ssl_cert_file=${cert}`, '-c', `ssl_key_file=${key}`, '-c', 'fsync=off'],
        ],
        { ...quiet, cwd: folder },
      )
      const at = (sslmode) => `host=${server.address} user=shop dbname=postgres sslmode=${sslmode} gssencmode=disable`
      const env = { PGPASSWORD: PASSWORD, PSQLRC: '/dev/null' }
      const environment = Object.entries(env).map((pair) => pair.join('='))
      const psql = (sslmode, ...commands) =>
        client.run('env', ...environment, 'psql', '-q', '-X', at(sslmode), ...commands.flatMap((text) => ['-c', text]))
      const open = (sslmode) => openSession(client, 'psql', ['-q', '-X', at(sslmode)], env)
      const pgbench = (script, mode, count) => {
        const file = join(folder, 'script.sql')
        writeFileSync(file, script)
        const args = ['-n', '-c', '1', '-t', String(count), '-M', mode, '-f', file]
        try {
          client.run('env', ...environment, 'pgbench', ...args, at('disable'))
        } catch (error) {
          if (script !== PG_FAILS) throw error
        }
      }
      try {
        await until(() => psql('disable', 'select 1'))
        psql('disable', 'create table orders (id int primary key, cents int, note text)')
        psql('disable', "insert into orders select i, i * 10, 'note ' || i from generate_series(1, 40) i")
        const old = open('disable')
        await old.say(['select 1;'], 400)
        const capture = await startCapture(client, raw, { snapLength: 16_384 })
        await old.say(["select id, note from orders where note <> 'top-secret';", 'select nothing from nowhere;'])
        await old.say(['begin;', "update orders set note = 'top-secret' where id = 7;", 'commit;'])
        await old.end()
        psql('disable', 'copy orders to stdout', 'delete from orders where id > 38; select count(*) from orders')
        const loader = open('disable')
        await loader.say(['copy orders from stdin;', '39\t1\tx', '40\t2\ty', '\\.'], 100)
        await loader.end()
        pgbench(PG_SCRIPT, 'prepared', 5)
        pgbench(PG_SCRIPT, 'extended', 2)
        pgbench(PG_FAILS, 'extended', 1)
        const waits = open('disable')
        await waits.say(['select pg_sleep(20);'], 600)
        waits.interrupt()
        await sleep(300)
        await waits.end()
        psql('require', 'select count(*) from orders')
        // Without TLS on the server's side, a client that would like it goes on in clear.
        psql('disable', 'alter system set ssl = off', 'select pg_reload_conf()')
        await sleep(500)
        psql('prefer', 'select count(*) from orders')
        await capture.stop()
      } finally {
        run('runuser', [...asPostgres, join(bin, 'pg_ctl'), 'stop', '-D', data, '-m', 'immediate'], { cwd: folder })
      }
      return {}
    }),

  expect: (_made, facts) => ({
    queries: values(facts, 'pgsql.type').filter((type) => type === 'Simple query').length,
    ready: values(facts, 'pgsql.type').filter((type) => type === 'Ready for query').length,
  }),
}

const PERL = `
use DBI;
my ($host, $password) = @ARGV;
my $db = DBI->connect("DBI:MariaDB:database=shop;host=$host", 'shop', $password,
  { mariadb_server_prepare => 1, RaiseError => 0, PrintError => 0 }) or die DBI->errstr;
my $get = $db->prepare('select id, cents from orders where id = ?');
for my $id (1 .. 6) { $get->execute($id); $get->fetchall_arrayref }
my $put = $db->prepare('insert into orders values (?, ?, ?)');
$put->execute(1, 2, 'top-secret');
$put->execute(99, 2, 'top-secret');
$db->prepare('select nothing from nowhere');
$get->finish; undef $get; undef $put;
$db->disconnect;
`

export const mysql = {
  file: 'mysql.pcap.gz',
  title: 'MariaDB: statements, prepared ones, TLS, compression',
  description:
    'A MariaDB server with its client and a Perl program: statements, errors, several in one, prepared statements by the binary protocol, a wrong password, a connection that changes to TLS and one that is compressed; one connection is older than the capture.',
  command: 'tcpdump -i eth0 in the client pod',

  make: (cluster, raw) =>
    inFolderOf('mysql', async (folder, own) => {
      const client = cluster.pod('a', 'client', 15)
      const server = cluster.pod('b', 'server', 16)
      const data = join(folder, 'data')
      const socket = join(folder, 'socket')
      mkdirSync(data)
      own(data)
      const { key, cert } = certificate(folder, own)
      run('mariadb-install-db', ['--no-defaults', '--user=mysql', `--datadir=${data}`, '--skip-test-db'], quiet)
      const daemon = server.spawn(
        'mariadbd',
        [
          ...['--no-defaults', '--user=mysql', `--datadir=${data}`, `--socket=${socket}`, '--skip-name-resolve'],
          ...[`--pid-file=${join(folder, 'pid')}`, `--ssl-cert=${cert}`, `--ssl-key=${key}`, '--skip-log-bin'],
        ],
        quiet,
      )
      const root = (text) => run('mariadb', ['--no-defaults', '-S', socket, '-e', text])
      const as = (password, ...more) => [
        ...['--no-defaults', '-h', server.address, '-u', 'shop', `-p${password}`, ...more],
      ]
      const ask = (text, ...more) => client.run('mariadb', ...as(PASSWORD, ...more), 'shop', '-e', text)
      try {
        await until(() => root('create database shop'))
        root(`create user shop identified by '${PASSWORD}'; grant all on shop.* to shop`)
        root('use shop; create table orders (id int primary key, cents int, note text)')
        root("use shop; insert into orders select seq, seq * 10, concat('note ', seq) from seq_1_to_40")
        const old = openSession(client, 'mariadb', as(PASSWORD, '--skip-ssl', '-n', '-f', 'shop'))
        await old.say(['select 1;'], 400)
        const capture = await startCapture(client, raw, { snapLength: 16_384 })
        await old.say(["select id, note from orders where note <> 'top-secret';", 'select nothing from nowhere;'])
        await old.say(["update orders set note = 'top-secret' where id = 7;"])
        await old.end()
        ask('select count(*) from orders; delete from orders where id > 38', '--skip-ssl')
        ask('delimiter //\nselect 1; select id from orders where id < 4; update orders set cents = 3//', '--skip-ssl')
        client.run('perl', '-e', PERL, server.address, PASSWORD)
        try {
          client.run('mariadb', ...as('wrong', '--skip-ssl'), '-e', 'select 1')
        } catch {
          // It was not let in.
        }
        ask('select count(*) from orders', '--ssl')
        ask('select count(*) from orders', '--skip-ssl', '--compress')
        await capture.stop()
      } finally {
        daemon.kill('SIGTERM')
        await sleep(1200)
      }
      return {}
    }),

  expect: (_made, facts) => ({
    queries: values(facts, 'mysql.command').filter((command) => command === '3').length,
    executions: values(facts, 'mysql.command').filter((command) => command === '23').length,
  }),
}
