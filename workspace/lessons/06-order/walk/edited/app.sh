echo "version 2"
