@echo off
rem hopscope COMMAND ...: the command line (hopscope --help). hopscope [FILE...]: the window.
setlocal
if "%~1"=="" goto window
rem A folder may be named like a command.
if exist "%~1\" goto command
if exist "%~1" goto window
:command
set ELECTRON_RUN_AS_NODE=1
"%~dp0..\Hopscope.exe" "%~dp0..\resources\app.asar\out\main\cli.js" %*
exit /b %errorlevel%
:window
start "" "%~dp0..\Hopscope.exe" %*
